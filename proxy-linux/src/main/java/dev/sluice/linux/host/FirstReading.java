// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.rulewatch.NftGenerations;
import dev.sluice.linux.rulewatch.OwnRestores;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules as they were when the tools were discovered. The first sync need not read them again as long as nothing but
 * our own restores of the other family has changed nf_tables since, which the kernel's count of commits tells.
 */
final class FirstReading {
    private static final Logger LOG = LoggerFactory.getLogger(FirstReading.class);

    private final Map<IpFamily, String> texts = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, Set<String>> given = new EnumMap<>(IpFamily.class);
    private final Set<IpFamily> used = EnumSet.noneOf(IpFamily.class);
    private @Nullable NftGenerations generations;

    /** Begins before anything is read, in the calling thread's network namespace. */
    FirstReading(OwnRestores own) {
        try {
            generations = NftGenerations.open(own);
        } catch (NetlinkException e) {
            LOG.debug("the first sync reads the rules again", e);
        }
    }

    /** Keeps {@code rules}, of all tables in the form of iptables-save. */
    synchronized void keep(IpFamily family, String rules) {
        if (generations != null) {
            texts.put(family, rules);
        }
    }

    /** Ends when nothing was kept. */
    synchronized void complete() {
        closeWhenSpent();
    }

    /** {@code tools} that do not read what is known. */
    synchronized Iptables before(Iptables tools) {
        used.add(tools.family());
        return new KnowingTools(tools, this);
    }

    /** The rules of one table, once; empty when they may have changed. */
    private synchronized Optional<String> take(IpFamily family, String table) {
        String text = texts.get(family);
        if (text == null) {
            return Optional.empty();
        }
        boolean exact = generations != null && generations.areOurs();
        if (!exact) {
            texts.clear();
        }
        if (!exact || !given.computeIfAbsent(family, first -> new HashSet<>()).add(table)) {
            forget(family);
            return Optional.empty();
        }
        return Optional.of(text);
    }

    /** From now on the rules of {@code family} are read. */
    private synchronized void forget(IpFamily family) {
        if (!texts.isEmpty()) {
            texts.remove(family);
            texts.keySet().retainAll(used); // the others are not served
        }
        closeWhenSpent();
    }

    private void closeWhenSpent() {
        if (texts.isEmpty() && generations != null) {
            generations.close();
            generations = null;
        }
    }

    private record KnowingTools(Iptables tools, FirstReading reading) implements ForwardingIptables {

        @Override
        public void restore(String input) throws RestoreException {
            reading.forget(family());
            tools.restore(input);
        }

        @Override
        public Restoring begin(String input) {
            reading.forget(family());
            return tools.begin(input);
        }

        @Override
        public String save(String table) throws KernelException {
            Optional<String> known = reading.take(family(), table);
            return known.isPresent() ? known.get() : tools.save(table);
        }

        @Override
        public Map<String, String> saveAll(List<String> tables) throws KernelException {
            Map<String, String> known = new LinkedHashMap<>();
            for (String table : tables) {
                reading.take(family(), table).ifPresent(text -> known.put(table, text));
            }
            reading.forget(family());
            return known.size() == tables.size() ? known : tools.saveAll(tables);
        }
    }
}
