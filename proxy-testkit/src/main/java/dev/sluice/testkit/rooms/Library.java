// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.Optional;

/** A library, or a part of the JDK, that a room may use only when its row names it. */
enum Library {
    FOREIGN("java.lang.foreign"),
    PROCESSES("processes"),
    FILES("files"),
    SOCKETS("sockets"),
    /** What a virtual machine knows of itself, beyond numbers. */
    DIAGNOSTICS("diagnostics"),
    FABRIC8("fabric8"),
    NETTY("Netty"),
    SNAKEYAML("SnakeYAML"),
    JACKSON("Jackson"),
    PICOCLI("picocli"),
    MICROMETER("Micrometer"),
    LOGBACK("Logback"),
    /** All test libraries. */
    JUNIT("JUnit");

    private final String label;

    Library(String label) {
        this.label = label;
    }

    /** The library with {@code label} in the table. */
    static Optional<Library> of(String label) {
        return Arrays.stream(values()).filter(l -> l.label.equals(label)).findFirst();
    }

    DescribedPredicate<JavaClass> classes() {
        return switch (this) {
            case FOREIGN -> resideInAnyPackage("java.lang.foreign..");
            case PROCESSES -> assignableTo(Process.class).or(belongToAnyOf(ProcessBuilder.class, ProcessHandle.class));
            case FILES -> resideInAnyPackage("java.nio.file..").or(belongToAnyOf(FileChannel.class));
            case SOCKETS -> sockets();
            case DIAGNOSTICS -> resideInAnyPackage("javax.management..", "com.sun.management..", "jdk.jfr..");
            case FABRIC8 -> resideInAnyPackage("io.fabric8..");
            case NETTY -> resideInAnyPackage("io.netty..");
            case SNAKEYAML -> resideInAnyPackage("org.snakeyaml..");
            case JACKSON -> resideInAnyPackage("com.fasterxml.jackson..", "tools.jackson..");
            case PICOCLI -> resideInAnyPackage("picocli..");
            case MICROMETER -> resideInAnyPackage("io.micrometer..", "io.prometheus..");
            case LOGBACK -> resideInAnyPackage("ch.qos.logback..");
            case JUNIT ->
                resideInAnyPackage("org.junit..", "org.assertj..", "org.awaitility..", "com.tngtech.archunit..");
        };
    }

    /** Addresses are values, which every room may use. */
    private static DescribedPredicate<JavaClass> sockets() {
        return resideInAnyPackage("java.net..", "javax.net..", "com.sun.net.httpserver..")
                .or(assignableTo(NetworkChannel.class))
                .or(assignableTo(Selector.class))
                .and(DescribedPredicate.not(belongToAnyOf(
                        InetAddress.class,
                        Inet4Address.class,
                        Inet6Address.class,
                        InetSocketAddress.class,
                        ProtocolFamily.class,
                        StandardProtocolFamily.class,
                        UnknownHostException.class,
                        URI.class)));
    }
}
