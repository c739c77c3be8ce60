// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.namespace;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;

/** A test that makes namespaces, and is skipped with that reason when the process may not. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(value = "dev.sluice.linux.namespace.RootOnly$Check#mayMakeNamespaces", disabledReason = "needs root")
public @interface RootOnly {

    /** The condition. */
    final class Check {
        private Check() {}

        static boolean mayMakeNamespaces() {
            return "root".equals(System.getProperty("user.name"));
        }
    }
}
