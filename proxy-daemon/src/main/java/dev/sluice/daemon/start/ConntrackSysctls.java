// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.kernel.HostException;
import dev.sluice.daemon.config.Settings.ConntrackSettings;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets the limits and time-outs of connection tracking, as kube-proxy does before its first sync. */
public final class ConntrackSysctls {
    private static final Logger LOG = LoggerFactory.getLogger(ConntrackSysctls.class);
    private static final Path HASH_SIZE = Path.of("/sys/module/nf_conntrack/parameters/hashsize");
    private static final int MOST_TRACKED = 1_048_576;

    private final Sysctl sysctl;
    private final Path hashSize;
    private final int cpus;

    /** With the kernel's own hash table and this machine's processors. */
    public static ConntrackSysctls of(Sysctl sysctl) {
        return new ConntrackSysctls(sysctl, HASH_SIZE, Runtime.getRuntime().availableProcessors());
    }

    /** @param hashSize {@code /sys/module/nf_conntrack/parameters/hashsize} */
    public ConntrackSysctls(Sysctl sysctl, Path hashSize, int cpus) {
        this.sysctl = sysctl;
        this.hashSize = hashSize;
        this.cpus = cpus;
    }

    /** @throws HostException naming the parameter, and the flag that leaves it alone */
    public void apply(ConntrackSettings settings) throws HostException {
        int most = mostTracked(settings);
        if (most > 0) {
            set("nf_conntrack_max", Integer.toString(most), "--conntrack-max-per-core=0");
            raiseHashSize(most / 4);
        }
        seconds("nf_conntrack_tcp_timeout_established", settings.tcpEstablished(), "tcp-timeout-established");
        seconds("nf_conntrack_tcp_timeout_close_wait", settings.tcpCloseWait(), "tcp-timeout-close-wait");
        seconds("nf_conntrack_udp_timeout", settings.udp(), "udp-timeout");
        seconds("nf_conntrack_udp_timeout_stream", settings.udpStream(), "udp-timeout-stream");
        if (settings.tcpBeLiberal()) {
            set("nf_conntrack_tcp_be_liberal", "1", "--conntrack-tcp-be-liberal=false");
        }
    }

    /** The limit that the settings come to on this machine, 0 for none. */
    int mostTracked(ConntrackSettings settings) {
        if (settings.maxPerCore() == 0) {
            return 0;
        }
        long scaled = (long) settings.maxPerCore() * cpus;
        return scaled > MOST_TRACKED ? MOST_TRACKED : (int) Math.max(scaled, settings.min());
    }

    private void seconds(String name, Duration duration, String flag) throws HostException {
        if (duration.toSeconds() > 0) {
            set(name, Long.toString(duration.toSeconds()), "--conntrack-" + flag + "=0");
        }
    }

    private void set(String name, String value, String wayOut) throws HostException {
        try {
            if (sysctl.set("net.netfilter." + name, value)) {
                LOG.atInfo()
                        .addKeyValue("name", "net.netfilter." + name)
                        .addKeyValue("value", value)
                        .log("net.netfilter.{} is {} now", name, value);
            }
        } catch (IOException e) {
            throw new HostException(e.getMessage() + "; " + wayOut + " leaves the value alone", e);
        }
    }

    private void raiseHashSize(int wanted) throws HostException {
        try {
            int present = Integer.parseInt(KernelFiles.read(hashSize).trim());
            if (present < wanted) {
                KernelFiles.write(hashSize, Integer.toString(wanted));
                LOG.atInfo()
                        .addKeyValue("path", hashSize)
                        .addKeyValue("value", wanted)
                        .addKeyValue("before", present)
                        .log("{} is {} now, was {}", hashSize, wanted, present);
            }
        } catch (IOException | NumberFormatException e) {
            throw new HostException(
                    hashSize + " cannot be raised to " + wanted + ": " + e.getMessage()
                            + " (--conntrack-max-per-core=0 leaves it alone)",
                    e);
        }
    }
}
