// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.FirstPacket;
import dev.sluice.bench.ServiceChange;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A lab whose node runs the real daemon with many Services. */
final class Site implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private final Variant variant;
    private final Layout layout;
    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench");
    private final Lab lab;
    private final ManyServices services;
    private final RestoreRecorder recorder;
    private @Nullable DaemonProcess daemon;

    Site(Variant variant, Layout layout, int count) throws IOException {
        this.variant = variant;
        this.layout = layout;
        this.lab = Lab.create();
        try {
            VariantHint.leave(lab.node(), variant);
            Path manifests = Files.createDirectory(folder.resolve("manifests"));
            recorder = new RestoreRecorder(VariantHint.tool(variant, "-restore"), folder.resolve("tools"));
            services = ManyServices.on(FirstPacket.ENDPOINTS, FirstPacket.PORT, manifests);
            services.write(count);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    Lab lab() {
        return lab;
    }

    Layout layout() {
        return layout;
    }

    DaemonClock.FirstSync start() throws IOException {
        DaemonOptions options = new DaemonOptions(
                ProxyMode.IPTABLES,
                List.of("--manifests", folder.resolve("manifests").toString()),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        Map<String, String> environment = new HashMap<>(layout.environment());
        environment.put("PATH", recorder.path());
        long start = System.nanoTime();
        daemon = DaemonProcess.start(lab.node(), options, folder.resolve("log"), environment);
        daemon.awaitReady(PATIENCE, IpFamily.IPV4);
        return new DaemonClock(daemon()).firstSync((System.nanoTime() - start) / 1e9);
    }

    /** Makes a change or undoes it, and waits until the daemon has applied it. */
    DaemonClock.Change change(ServiceChange change, boolean there) throws IOException {
        return new DaemonClock(daemon()).change(() -> change.apply(services, there));
    }

    /** Makes a change or undoes it, and returns the daemon's input to iptables-restore. */
    String record(ServiceChange change, boolean there) throws IOException {
        recorder.begin();
        change(change, there);
        return recorder.end();
    }

    /** Ends the daemon; the rules stay. */
    void stop() {
        daemon().terminate(Duration.ofSeconds(30));
    }

    /** All rules of the node. */
    String save() {
        return lab.node().run(VariantHint.tool(variant, "-save")).orThrow();
    }

    private DaemonProcess daemon() {
        if (daemon == null) {
            throw new IllegalStateException("the daemon was not started");
        }
        return daemon;
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
        lab.close();
        folder.close();
    }
}
