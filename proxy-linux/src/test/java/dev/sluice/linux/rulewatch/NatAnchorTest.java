package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner.Result;
import dev.sluice.linux.process.SystemCommands;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
final class NatAnchorTest {
    private final SystemCommands commands = new SystemCommands();

    private Result nft(NetworkNamespace namespace, String... arguments) throws Exception {
        return namespace.call(() -> commands.run(Command.of(Duration.ofSeconds(20), "nft", arguments)));
    }

    @Test
    void outlivesAFlushAndGoesWithItsOwner() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("anchor")) {
            NatAnchor anchor = namespace.call(NatAnchor::open);
            assertThat(nft(namespace, "flush", "ruleset").succeeded()).isTrue();
            assertThat(nft(namespace, "delete", "table", "ip", NatAnchor.TABLE).succeeded())
                    .isFalse();
            String ruleset = nft(namespace, "list", "ruleset").output();
            assertThat(ruleset)
                    .contains("table ip " + NatAnchor.TABLE, "table ip6 " + NatAnchor.TABLE, "flags owner")
                    .contains(
                            "type nat hook prerouting priority dstnat",
                            "type nat hook postrouting priority srcnat",
                            "type nat hook input priority",
                            "type nat hook output priority");
            anchor.close();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> nft(namespace, "list", "ruleset").output().isBlank());
        }
    }
}
