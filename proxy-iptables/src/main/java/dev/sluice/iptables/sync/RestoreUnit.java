// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rules that are written in one restore or not at all, and the port to leave out when they are refused. */
sealed interface RestoreUnit {

    /** The port that the rules belong to; null for a jump within a dispatch tree, which serves several. */
    @Nullable
    ServicePortName port();

    /** @param created chains that earlier restores created and this one must not empty */
    void writeTo(RestoreScript out, Set<String> created);

    /** Whether {@code line} of a restore's input is one of these rules. */
    boolean hasLine(String line);

    /**
     * The chains of one port that are missing or differ.
     *
     * @param chains by name; they are rewritten together, so that no packet meets half of a port
     */
    record ChainsOfPort(ServicePortName port, Map<String, List<String>> chains) implements RestoreUnit {

        /** What {@code found} lacks of {@code desired}; empty when that is nothing. */
        static Optional<ChainsOfPort> missing(ServicePortName port, PortRules desired, SavedTable found) {
            Map<String, List<String>> chains = new LinkedHashMap<>();
            desired.chains().forEach((chain, rules) -> {
                if (!found.has(chain) || !found.rules(chain).equals(rules)) {
                    chains.put(chain, rules);
                }
            });
            return chains.isEmpty() ? Optional.empty() : Optional.of(new ChainsOfPort(port, chains));
        }

        @Override
        public void writeTo(RestoreScript out, Set<String> created) {
            chains.forEach((chain, rules) -> {
                out.declare(chain);
                rules.forEach(spec -> out.append(chain, spec));
            });
        }

        @Override
        public boolean hasLine(String line) {
            return chains.keySet().stream().anyMatch(line::contains);
        }
    }

    /**
     * One rule of a dispatch chain.
     *
     * @param fresh whether this sync creates the chain
     */
    record DispatchRule(@Nullable ServicePortName port, String chain, String spec, boolean fresh)
            implements RestoreUnit {
        @Override
        public void writeTo(RestoreScript out, Set<String> created) {
            if (!fresh) {
                out.insert(chain, 1, spec);
                return;
            }
            if (!created.contains(chain)) {
                out.declare(chain);
            }
            out.append(chain, spec);
        }

        @Override
        public boolean hasLine(String line) {
            return line.endsWith(spec) && line.contains(chain);
        }
    }
}
