// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import java.util.Objects;

/** The version of this build. */
public final class Version {
    /** Of Kubernetes, whose kube-proxy this behaves as. */
    public static final String KUBERNETES = "1.36.2";

    private Version() {}

    /** As the jar names it; {@code dev} where the classes are not in a jar. */
    public static String text() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "dev");
    }

    /** The version, what it stands for, and what it runs on, in lines. */
    public static String inFull() {
        return """
            sluice: %s
            kube-proxy: v1.36
            java: %s
            platform: %s/%s
            """.formatted(text(), Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"));
    }
}
