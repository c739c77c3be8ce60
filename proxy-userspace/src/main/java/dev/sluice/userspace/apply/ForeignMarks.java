// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.userspace.config.ProxyMark;
import dev.sluice.userspace.rules.RedirectRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules of other programs in the mangle table that overwrite the proxy's bits of the mark, as rules without a mask
 * do. The packets that they match lose their way to the proxy, or lose that they are the proxy's own.
 *
 * @param always the first one that matches every packet, after the proxy has marked it; empty when there is none
 * @param sometimes those that match some packets
 */
record ForeignMarks(Optional<String> always, List<String> sometimes) {
    private static final String SENT = "OUTPUT";
    private static final Set<String> ENTRIES = Set.of("PREROUTING", SENT);
    private static final String OWN = "-j SLUICE-";
    private static final Pattern SET = Pattern.compile("-j MARK --set-x?mark 0x[0-9a-f]+(?:/0x([0-9a-f]+))?");
    private static final Pattern RESTORE =
            Pattern.compile("-j CONNMARK --restore-mark(?: --nfmask 0x([0-9a-f]+) --ctmask 0x[0-9a-f]+)?");
    private static final Pattern COMMENT = Pattern.compile("-m comment --comment (?:\"[^\"]*\"|\\S+) ?");

    ForeignMarks {
        sometimes = List.copyOf(sometimes);
    }

    static ForeignMarks in(SavedTable mangle) {
        List<String> sometimes = new ArrayList<>();
        String always = null;
        for (String chain : mangle.chains()) {
            if (RedirectRules.owns(chain)) {
                continue;
            }
            // where it has none yet, ours are inserted at the head
            boolean marked = chain.equals(SENT) || mangle.rules(chain).stream().noneMatch(rule -> rule.contains(OWN));
            for (String rule : mangle.rules(chain)) {
                marked |= rule.contains(OWN);
                if (overwrites(rule)) {
                    String named = "-A " + chain + " " + rule;
                    if (always == null
                            && marked
                            && ENTRIES.contains(chain)
                            && COMMENT.matcher(rule).replaceAll("").startsWith("-j ")) {
                        always = named;
                    } else {
                        sometimes.add(named);
                    }
                }
            }
        }
        return new ForeignMarks(Optional.ofNullable(always), sometimes);
    }

    private static boolean overwrites(String rule) {
        return overwrites(SET.matcher(rule)) || overwrites(RESTORE.matcher(rule));
    }

    private static boolean overwrites(Matcher target) {
        if (!target.find()) {
            return false;
        }
        String mask = target.group(1);
        return mask == null || (Long.parseLong(mask, 16) & ProxyMark.MASK) != 0;
    }
}
