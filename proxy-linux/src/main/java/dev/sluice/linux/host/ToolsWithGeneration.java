// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.nftables.NftGeneration;
import dev.sluice.linux.nftables.NftProtocol;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tools that know the generation of nf_tables in the calling thread's network namespace. */
record ToolsWithGeneration(Iptables tools) implements ForwardingIptables {
    private static final Logger LOG = LoggerFactory.getLogger(ToolsWithGeneration.class);

    @Override
    public Restoring begin(String input) {
        return tools.begin(input);
    }

    @Override
    public Map<String, String> saveAll(List<String> tables) throws KernelException {
        return tools.saveAll(tables);
    }

    @Override
    public OptionalLong generation() {
        if (variant() == Variant.LEGACY) {
            return OptionalLong.empty();
        }
        try (NetlinkSocket socket = NetlinkSocket.open(Netlink.NETFILTER, new NftProtocol())) {
            long generation = NftGeneration.read(socket);
            return generation == NftGeneration.UNKNOWN ? OptionalLong.empty() : OptionalLong.of(generation);
        } catch (NetlinkException e) {
            LOG.debug("the generation of nf_tables is unknown", e);
            return OptionalLong.empty();
        }
    }
}
