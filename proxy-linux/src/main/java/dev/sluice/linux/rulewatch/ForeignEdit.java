package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import java.util.Set;

/**
 * A change of rules by another program, or the possibility of one.
 *
 * @param by the program and process id, e.g. {@code iptables-nft (pid 4711)}; empty when unknown
 * @param everything whether any chain may have been changed
 * @param objects the chains or devices that are known to have been changed
 */
public record ForeignEdit(IpFamily family, String by, boolean everything, Set<KernelObject> objects) {

    public ForeignEdit {
        objects = Set.copyOf(objects);
    }
}
