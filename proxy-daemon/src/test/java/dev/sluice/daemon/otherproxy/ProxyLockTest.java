// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.kernel.HostException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ProxyLockTest extends NamespaceFixture {
    /** Binds a name of the abstract namespace, says so, and stays. */
    private static final String BIND = """
        use Socket; socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die;
        bind($s, pack('S a*', AF_UNIX, "\\0sluice-proxy-1")) or die "$!";
        listen($s, 4) if $ARGV[0]; $| = 1; print "bound\\n"; sleep 1000;
        """;

    private final ProxyLock first = new ProxyLock("iptables");
    private final ProxyLock second = new ProxyLock("ipvs");
    private final ProxyLock third = new ProxyLock("userspace");

    @AfterEach
    void closeLocks() {
        if (node == null) {
            return;
        }
        node.call(() -> {
            first.close();
            second.close();
            third.close();
            return true;
        });
    }

    private Optional<LockHolder> acquire(ProxyLock lock) {
        return node.call(lock::acquire);
    }

    private void release(ProxyLock lock) {
        node.call(() -> {
            lock.release();
            return true;
        });
    }

    @Test
    void theSecondLearnsWhoHasItAndGetsItAfterwards() {
        assertThat(acquire(first)).isEmpty();
        assertThat(acquire(first)).as("again").isEmpty();
        LockHolder holder = acquire(second).orElseThrow();
        assertThat(holder.mode()).isEqualTo("iptables");
        assertThat(holder.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(holder.since()).startsWith("20").endsWith("Z");
        assertThat(holder.handsOver()).isFalse();
        assertThat(holder.toString()).contains("process " + holder.pid(), "mode iptables", "since " + holder.since());
        first.handsOver(true);
        assertThat(acquire(second).orElseThrow().handsOver()).isTrue();
        release(first);
        assertThat(acquire(second)).isEmpty();
        assertThat(acquire(first).orElseThrow().mode()).isEqualTo("ipvs");
    }

    @Test
    void belongsToTheNetworkNamespace() throws Exception {
        assertThat(acquire(first)).isEmpty();
        try (NodeNamespace other = new NodeNamespace(folder)) {
            Optional<LockHolder> elsewhere = other.call(second::acquire);
            assertThat(elsewhere).isEmpty();
            other.call(() -> {
                second.close();
                return true;
            });
        }
    }

    @Test
    void passesToASuccessorWithoutAMomentForAThird() throws Exception {
        ProxyLock old = first;
        assertThat(acquire(old)).isEmpty();
        for (ProxyLock successor : new ProxyLock[] {second, first, second}) {
            node.call(() -> {
                successor.inherit();
                return true;
            });
            assertThat(acquire(third)).isPresent();
            assertThatThrownBy(() -> node.call(() -> {
                        third.inherit();
                        return true;
                    }))
                    .as("a third successor")
                    .isInstanceOf(HostException.class);
            release(old);
            assertThat(acquire(third)).isPresent();
            old = successor;
        }
        release(old);
        assertThat(acquire(third)).isEmpty();
    }

    @Test
    void whoRequiresItIsRefusedByItsHolder() throws Exception {
        assertThat(acquire(first)).isEmpty();
        assertThatThrownBy(() -> node.call(() -> {
                    second.require(Duration.ofMillis(50));
                    return true;
                }))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("mode iptables");
        release(first);
        node.call(() -> {
            second.require(Duration.ZERO);
            return true;
        });
        assertThat(acquire(first)).isPresent();
    }

    @Test
    void aHolderThatDoesNotAnswerKeepsItAndIsKnownByItsProcess() throws Exception {
        Process holder = node.start("perl", "perl", "-e", BIND, "1");
        node.awaitLog("perl", "bound");
        for (int i = 0; i < 8; i++) {
            LockHolder seen = acquire(first).orElseThrow();
            assertThat(seen.pid()).isEqualTo(holder.pid());
            assertThat(seen.handsOver()).isFalse();
        }
        holder.destroyForcibly().waitFor();
        assertThat(acquire(first)).isEmpty();
    }

    @Test
    void aNameThatNoProxyHoldsKeepsNobodyWaiting() throws Exception {
        node.start("perl", "setpriv", "--reuid=65534", "--clear-groups", "perl", "-e", BIND, "1");
        node.awaitLog("perl", "bound");
        Optional<LockHolder> holder = acquire(first);
        for (int i = 1; i < 10; i++) {
            assertThat(holder)
                    .isPresent()
                    .hasValueSatisfying(seen -> assertThat(seen.isKnown()).isFalse());
            holder = acquire(first);
        }
        assertThat(holder).isEmpty();
    }
}
