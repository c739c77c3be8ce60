package dev.sluice.core.config;

import dev.sluice.core.net.Cidr;
import java.time.Duration;
import java.util.List;

/**
 * The settings of ipvs mode.
 *
 * @param scheduler the kernel's name of the scheduler, at most 15 characters
 * @param excludeCidrs virtual servers with addresses in these are never touched
 * @param tcpTimeout zero keeps the kernel's, as for the other two
 */
public record IpvsOptions(
        String scheduler,
        List<Cidr> excludeCidrs,
        boolean strictArp,
        Duration tcpTimeout,
        Duration tcpFinTimeout,
        Duration udpTimeout) {
    public static final IpvsOptions DEFAULT =
            new IpvsOptions("rr", List.of(), false, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    public IpvsOptions {
        excludeCidrs = List.copyOf(excludeCidrs);
    }
}
