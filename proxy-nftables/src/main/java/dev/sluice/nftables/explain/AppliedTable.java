// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.explain;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.linux.nftables.AddressTypes;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftState;
import dev.sluice.linux.nftables.NftTrace;
import dev.sluice.linux.nftables.NftTracer;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.PoolLabel;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table of one family as it was applied, without the endpoints that rules remember for clients. */
public final class AppliedTable implements NftState {
    private final TableLayout layout;
    private final List<NftChain> chains;
    private final Map<String, List<NftRule>> rules;
    private final Map<String, NftElements> sets = new HashMap<>();
    private final Map<String, ServicePortName> names = new HashMap<>();

    /**
     * @param ports the names of all service ports
     * @param elements of each set
     */
    public AppliedTable(
            TableLayout layout,
            Collection<Kind> kinds,
            Collection<ServicePortName> ports,
            Map<ServiceSet, ? extends Collection<SetElement>> elements) {
        this.layout = layout;
        this.chains = layout.chains(kinds);
        this.rules = layout.rules(kinds).stream().collect(Collectors.groupingBy(NftRule::chain));
        for (ServiceSet set : ServiceSet.values()) {
            NftElements content = new NftElements(set.definition(layout.family()));
            Collection<SetElement> of = elements.get(set);
            if (of != null) {
                of.forEach(content::put);
            }
            sets.put(set.label(), content);
        }
        ports.forEach(name -> names.put(PoolLabel.of(name), name));
    }

    @Override
    public Table table() {
        return layout.table();
    }

    @Override
    public List<NftChain> baseChains() {
        return chains.stream().filter(chain -> chain.hook() != null).toList();
    }

    @Override
    public Optional<List<NftRule>> rules(String chain) {
        return chains.stream().anyMatch(one -> one.name().equals(chain))
                ? Optional.of(rules.getOrDefault(chain, List.of()))
                : Optional.empty();
    }

    @Override
    public Optional<Content> content(String set) {
        return Optional.ofNullable(sets.get(set));
    }

    /** @param local the addresses of the node's interfaces */
    public Trace trace(Packet packet, Collection<IpAddress> local) {
        NftTrace trace = NftTracer.trace(this, AddressTypes.withLocal(Set.copyOf(local)::contains), packet);
        if (trace.verdict() == Verdict.NOT_A_SERVICE) {
            return Trace.notAService(trace.steps());
        }
        return new Trace(owner(trace.comments()), trace.steps(), trace.verdict(), trace.candidates());
    }

    /** The first service port that one of {@code comments} names. */
    private @Nullable ServicePortName owner(List<String> comments) {
        for (String comment : comments) {
            ServicePortName name = names.get(comment);
            if (name != null) {
                return name;
            }
        }
        return null;
    }
}
