// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.process.SystemCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The fake compared with the real tools: the same random restores, accepted or refused alike, with the same result. */
@Timeout(300)
@Tag("slow")
class FakeIptablesTwinTest {
    private static final int RESTORES = 120;
    private static final List<String> CHAINS = List.of("A", "B", "C", "D");

    /**
     * Targets that do not end a chain for every packet: behind one that does, the legacy variant accepts even loops.
     */
    private static final List<String> RULES = List.of(
            "-p udp -j ACCEPT", "-p tcp -m tcp --dport 80 -j RETURN", "-s 10.0.0.0/8 -m comment --comment x -j ACCEPT");

    private final SystemCommands commands = new SystemCommands();

    @ParameterizedTest
    @EnumSource
    void behaveAlike(Variant variant) throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        String tool = variant == Variant.NFT ? "iptables-nft-restore" : "iptables-legacy-restore";
        assumeTrue(commands.find(tool).isPresent(), tool + " is not installed");
        FakeIptables fake = new FakeIptables(IpFamily.IPV4, variant);
        Random random = new Random(20_261_123);
        int accepted = 0;
        try (NetworkNamespace namespace = NetworkNamespace.create("twin")) {
            Iptables real = namespace.call(
                    () -> IptablesTools.discover(commands, Optional.of(variant)).open(IpFamily.IPV4));
            for (int i = 0; i < RESTORES; i++) {
                String input = script(random, fake);
                boolean expected = succeeds(fake, input);
                boolean actual = namespace.call(() -> succeeds(real, input));
                assertThat(actual).as("restore %s of%n%s", i, input).isEqualTo(expected);
                String saved = namespace.call(() -> real.save("nat"));
                assertThat(content(SavedTable.parse("nat", saved)))
                        .as("after restore %s of%n%s", i, input)
                        .isEqualTo(content(fake.inForce("nat")));
                accepted += expected ? 1 : 0;
            }
        }
        assertThat(accepted).as("both outcomes were met").isBetween(RESTORES / 5, RESTORES * 4 / 5);
    }

    /** Declarations, then commands, some of them invalid. */
    private static String script(Random random, FakeIptables inForce) {
        StringBuilder text = new StringBuilder("*nat\n");
        for (String chain : CHAINS) {
            if (random.nextInt(3) == 0) {
                text.append(':').append(chain).append(" - [0:0]\n");
            }
        }
        int commands = random.nextInt(5);
        for (int i = 0; i < commands; i++) {
            text.append(command(random, inForce)).append('\n');
        }
        return text.append("COMMIT\n").toString();
    }

    private static String command(Random random, FakeIptables inForce) {
        String chain = random.nextInt(3) == 0 ? "PREROUTING" : pick(random, CHAINS);
        return switch (random.nextInt(7)) {
            case 0, 1 -> "-A " + chain + " " + rule(random);
            case 2 -> "-I " + chain + " " + rule(random);
            case 3 -> "-I " + chain + " 2 " + rule(random);
            case 4 -> "-X " + pick(random, CHAINS);
            default -> "-D " + chain + " " + known(random, inForce.rules("nat", chain));
        };
    }

    private static String known(Random random, List<String> rules) {
        return rules.isEmpty() || random.nextInt(6) == 0 ? rule(random) : pick(random, rules);
    }

    private static String rule(Random random) {
        return random.nextInt(2) == 0 ? pick(random, RULES) : "-j " + pick(random, CHAINS);
    }

    private static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static boolean succeeds(Iptables tools, String input) {
        try {
            tools.restore(input);
            return true;
        } catch (RestoreException e) {
            return false;
        }
    }

    /** Chains and rules. Built-in chains count only when they have rules, because nft creates them on demand. */
    private static Map<String, List<String>> content(SavedTable table) {
        Map<String, List<String>> content = new LinkedHashMap<>();
        for (String chain : table.chains()) {
            if (CHAINS.contains(chain) || !table.rules(chain).isEmpty()) {
                content.put(chain, table.rules(chain));
            }
        }
        return content;
    }
}
