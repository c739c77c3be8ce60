// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.inject;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/** Inserts a call of {@link ThreadFaultAgent#check} at the beginning of the daemon's methods. */
final class FailingMethods implements ClassFileTransformer {
    private static final ClassDesc AGENT = ClassDesc.of("dev.sluice.testkit.inject.ThreadFaultAgent");
    private static final String SELECTOR = "jdk/internal/net/http/HttpClientImpl$SelectorManager";
    private static final MethodTypeDesc CHECK = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String);

    /** Reads files of classes: to load one here could be to load the one that is being transformed. */
    private static final ClassFile CLASS_FILE = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(ClassLoader.getSystemClassLoader())
                    .cached()));

    /** @param type the class of the method */
    private record Prologue(String type) implements CodeTransform {
        @Override
        public void atStart(CodeBuilder code) {
            code.loadConstant(type);
            code.invokestatic(AGENT, "check", CHECK);
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            code.with(element);
        }
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        if (name == null || !isChanged(name) || isSpared(name)) {
            return null;
        }
        try {
            return CLASS_FILE.transformClass(
                    CLASS_FILE.parse(bytes),
                    ClassTransform.transformingMethodBodies(
                            method -> !method.methodName().stringValue().startsWith("<"),
                            new Prologue(name.replace('/', '.'))));
        } catch (RuntimeException e) {
            // the JVM would drop it without a word
            System.err.println("thread-faults: " + name + " is left as it is: " + e);
            return null;
        }
    }

    /** The daemon, and the thread of the JDK's HTTP client, on which nothing of the daemon runs. */
    private static boolean isChanged(String name) {
        return name.startsWith("dev/sluice/") || name.startsWith(SELECTOR);
    }

    /** What supervises threads and writes the log does not fail itself. */
    private static boolean isSpared(String name) {
        return name.startsWith("dev/sluice/testkit/")
                || name.startsWith("dev/sluice/core/thread/")
                || name.startsWith("dev/sluice/daemon/log/");
    }
}
