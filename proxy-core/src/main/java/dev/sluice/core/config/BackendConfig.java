package dev.sluice.core.config;

import dev.sluice.core.net.IpFamily;
import java.util.List;

/**
 * What a backend needs to know, in one family.
 *
 * @param masqueradeBit the bit of the packet mark that asks for masquerading, 0 to 31
 * @param masqueradeAll whether all traffic to cluster addresses is masqueraded
 * @param localhostNodePorts whether node ports answer on 127.0.0.1 (iptables mode, IPv4)
 */
public record BackendConfig(
        IpFamily family,
        int masqueradeBit,
        boolean masqueradeAll,
        boolean localhostNodePorts,
        LocalDetector localDetector,
        NodePortAddresses nodePortAddresses,
        IpvsOptions ipvs,
        UserspaceOptions userspace) {

    /** kube-proxy's defaults, with no local detector. */
    public static BackendConfig defaults(IpFamily family) {
        return new BackendConfig(
                family,
                14,
                false,
                true,
                new LocalDetector.None(),
                new NodePortAddresses(family, List.of()),
                IpvsOptions.DEFAULT,
                UserspaceOptions.DEFAULT);
    }

    public BackendConfig withLocalDetector(LocalDetector detector) {
        return new BackendConfig(
                family, masqueradeBit, masqueradeAll, localhostNodePorts, detector, nodePortAddresses, ipvs, userspace);
    }

    /** The mark as a number: {@code 1 << masqueradeBit}. */
    public int masqueradeMark() {
        return 1 << masqueradeBit;
    }
}
