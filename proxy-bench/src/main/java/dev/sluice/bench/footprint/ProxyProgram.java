// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.footprint;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A proxy whose footprint is measured. */
interface ProxyProgram {
    String SHIPPED = "shipped";
    String PLAIN = "plain JVM";
    String KUBE_PROXY = "kube-proxy";

    String name();

    boolean has(ProxyMode mode);

    DaemonProcess start(Lab lab, ProxyMode mode, Path kubeconfig, Path log);

    /** Removes what it has written to the node. */
    default void cleanUp(Lab lab) {
        DaemonProcess.cleanUp(lab.node()).orThrow();
    }

    /** The daemon as {@code ./sluice} starts it: with its JVM options and its ahead-of-time cache. */
    static ProxyProgram shipped() {
        return new Sluice(SHIPPED, Map.of());
    }

    /**
     * The same jars on a JVM with no option and no cache.
     *
     * @param folder a new one, which receives links to the jars
     */
    static ProxyProgram plain(Path folder) throws IOException {
        Path dist = Optional.ofNullable(System.getenv("SLUICE_DIST"))
                .filter(given -> !given.isEmpty())
                .map(Path::of)
                .orElse(Launcher.repository().resolve("proxy-daemon/target/sluice"))
                .toAbsolutePath();
        Files.createDirectories(folder);
        for (String jars : List.of("lib", "sluice-daemon.jar", "launch.sh")) {
            Files.createSymbolicLink(folder.resolve(jars), dist.resolve(jars));
        }
        Files.writeString(folder.resolve("jvm.options"), "");
        return new Sluice(PLAIN, Map.of("SLUICE_DIST", folder.toString(), "SLUICE_JAVA_OPTS", ""));
    }

    static ProxyProgram kubeProxy(Path binary) {
        return new KubeProxy(binary.toString());
    }

    /** @param environment selects the JVM's options */
    record Sluice(String name, Map<String, String> environment) implements ProxyProgram {
        @Override
        public boolean has(ProxyMode mode) {
            return true;
        }

        @Override
        public DaemonProcess start(Lab lab, ProxyMode mode, Path kubeconfig, Path log) {
            DaemonOptions options = new DaemonOptions(
                    mode,
                    List.of("--kubeconfig=" + kubeconfig),
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            return DaemonProcess.start(lab.node(), options, log, environment);
        }
    }

    /** @param binary of kube-proxy, started with the same flags */
    record KubeProxy(String binary) implements ProxyProgram {
        @Override
        public String name() {
            return KUBE_PROXY;
        }

        @Override
        public boolean has(ProxyMode mode) {
            return !mode.flagValue().equals("userspace");
        }

        @Override
        public DaemonProcess start(Lab lab, ProxyMode mode, Path kubeconfig, Path log) {
            ProcessBuilder builder = new ProcessBuilder(
                            "setpriv",
                            "--pdeathsig",
                            "KILL",
                            binary,
                            "--proxy-mode=" + mode.flagValue(),
                            "--kubeconfig=" + kubeconfig,
                            "--hostname-override=" + LabAddresses.NODE_A,
                            "--conntrack-max-per-core=0",
                            "--cluster-cidr=" + LabAddresses.CLUSTER_CIDR)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            Process process = lab.node().start(builder);
            return DaemonProcess.of(lab.node(), log, process, process::pid);
        }

        @Override
        public void cleanUp(Lab lab) {
            lab.node().run(binary, "--cleanup").orThrow();
        }
    }
}
