package dev.sluice.iptables.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a dispatch chain.
 *
 * @param port null for a jump within a dispatch tree
 * @param fresh whether the chain was not there before
 */
record RulePiece(@Nullable ServicePortName port, String chain, String spec, boolean fresh) implements Piece {
    @Override
    public void writeTo(RestoreScript out, Set<String> declared) {
        if (!fresh) {
            out.insert(chain, 1, spec);
            return;
        }
        if (!declared.contains(chain)) {
            out.declare(chain);
        }
        out.append(chain, spec);
    }

    @Override
    public boolean owns(String line) {
        return line.endsWith(spec) && line.contains(chain);
    }
}
