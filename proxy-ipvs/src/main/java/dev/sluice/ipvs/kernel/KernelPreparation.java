// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.ipvs.plan.Schedulers;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsTimeouts;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks what ipvs mode needs of the kernel, and sets its parameters, before the first virtual server is added. */
public final class KernelPreparation {
    private static final Logger LOG = LoggerFactory.getLogger(KernelPreparation.class);

    private final IpFamily family;
    private final IpvsOptions options;
    private final Ipvs ipvs;
    private final SchedulerProbe probe;
    private final Sysctl sysctl;

    public KernelPreparation(IpvsOptions options, IpvsKernel kernel) {
        this.options = options;
        family = kernel.family();
        ipvs = kernel.ipvs();
        probe = kernel.probe();
        sysctl = kernel.handles().sysctl();
    }

    /** The first two numbers of a kernel release such as {@code 6.1.0-18-amd64}. */
    private record KernelVersion(int major, int minor) {
        private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

        /** An unreadable release counts as a new one. */
        static KernelVersion parse(String release) {
            Matcher matcher = RELEASE.matcher(release);
            return matcher.matches()
                    ? new KernelVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
                    : new KernelVersion(Integer.MAX_VALUE, 0);
        }

        boolean before(int otherMajor, int otherMinor) {
            return major < otherMajor || (major == otherMajor && minor < otherMinor);
        }

        @Override
        public String toString() {
            return major + "." + minor;
        }
    }

    public void prepare() throws SyncException {
        checkFamily();
        checkScheduler();
        parameters();
        timeouts();
    }

    private void checkFamily() throws SyncException {
        try {
            ipvs.info();
        } catch (NetlinkException e) {
            if (e.permissionDenied()) {
                throw new SyncException(
                        "ipvs mode needs CAP_NET_ADMIN in the initial user namespace; run as root: " + e.getMessage(),
                        e);
            }
            throw new SyncException(
                    "this kernel has no IPVS: load it with 'modprobe ip_vs', or choose another --proxy-mode: "
                            + e.getMessage(),
                    e);
        }
    }

    private void checkScheduler() throws SyncException {
        String scheduler = options.scheduler();
        try {
            boolean inUse = ipvs.virtualServers().stream()
                    .anyMatch(s -> s.server().scheduler().equals(scheduler));
            if (inUse) {
                probe.has(scheduler);
                return;
            }
            Optional<NetlinkException> refusal = probe.refusal(scheduler);
            if (refusal.isPresent()) {
                throw unknownScheduler(refusal.get());
            }
        } catch (NetlinkException e) {
            throw new SyncException("cannot ask IPVS for its schedulers: " + e.getMessage(), e);
        }
    }

    private SyncException unknownScheduler(NetlinkException error) {
        String scheduler = options.scheduler();
        return new SyncException(
                "the kernel refuses --ipvs-scheduler=" + scheduler + ": load it with 'modprobe ip_vs_" + scheduler
                        + "', or take another of " + String.join(", ", Schedulers.OF_THE_KERNEL) + ": "
                        + error.getMessage(),
                error);
    }

    private void parameters() throws SyncException {
        set("net.ipv4.vs.conntrack", "1");
        connectionReuse();
        set("net.ipv4.vs.expire_nodest_conn", "1");
        set("net.ipv4.vs.expire_quiescent_template", "1");
        if (family == IpFamily.IPV4) {
            set("net.ipv4.ip_forward", "1");
        }
        if (options.strictArp()) {
            set("net.ipv4.conf.all.arp_ignore", "1");
            set("net.ipv4.conf.all.arp_announce", "2");
        }
    }

    /**
     * Before 5.9 a client that reuses a port in TIME_WAIT waits a second for each connection unless this is 0; from
     * then on the kernel does the right thing by itself (kubernetes/kubernetes#93297).
     */
    private void connectionReuse() throws SyncException {
        KernelVersion version = kernelVersion();
        if (version.before(4, 1)) {
            LOG.error(
                    "ipvs mode needs kernel 4.1 or later; on {} connections may be lost when a server is removed",
                    version);
        } else if (version.before(5, 9)) {
            set("net.ipv4.vs.conn_reuse_mode", "0");
        }
    }

    private KernelVersion kernelVersion() throws SyncException {
        try {
            return KernelVersion.parse(sysctl.read("kernel.osrelease").orElse(""));
        } catch (IOException e) {
            throw new SyncException("cannot read the kernel's version: " + e.getMessage(), e);
        }
    }

    private void set(String name, String value) throws SyncException {
        try {
            sysctl.set(name, value);
        } catch (IOException e) {
            throw new SyncException("ipvs mode needs " + name + "=" + value + ": " + e.getMessage(), e);
        }
    }

    private void timeouts() {
        IpvsTimeouts timeouts = new IpvsTimeouts(
                seconds(options.tcpTimeout()), seconds(options.tcpFinTimeout()), seconds(options.udpTimeout()));
        if (timeouts.tcp() + timeouts.tcpFin() + timeouts.udp() == 0) {
            return;
        }
        try {
            ipvs.setTimeouts(timeouts);
        } catch (NetlinkException e) {
            LOG.atError()
                    .addKeyValue("refused", timeouts)
                    .addKeyValue("cause", e.getMessage())
                    .log("IPVS keeps its connection time-outs");
        }
    }

    private static int seconds(Duration duration) {
        return Math.toIntExact(duration.toSeconds());
    }
}
