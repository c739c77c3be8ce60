// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import static dev.sluice.userspace.apply.ClientSources.EARLY_DEMUX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakePolicyRoutes;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps clients' addresses from being used on a node, and how it is named. */
class ClientSourcesTest {
    private static final NodeFacts NODE = NodeFacts.unknown("node-a");
    private static final IpFamily FAMILY = IpFamily.IPV4;

    private final FakeHost host = new FakeHost();
    private final FakePolicyRoutes routes = host.openPolicyRoutes();
    private final UserspaceEngine engine =
            new UserspaceEngine(EngineOptions.of(UserspaceOptions.DEFAULT).withEventLoops(1));
    private long now;
    private final ClientSources sources =
            new ClientSources(FAMILY, engine, host.tools(FAMILY), routes, host.openLinks(), host.sysctl(), () -> now);

    @BeforeEach
    void needsRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "sockets with foreign addresses need root");
        engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private String problem() {
        List<Problem> problems = sources.problems(NODE);
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().object()).hasToString("Node node-a");
        return problems.getFirst().message();
    }

    @Test
    void withoutTheSocketMatchTheModuleIsNamed() throws KernelException {
        host.tools(FAMILY).refuse(line -> line.contains("-m socket"));
        assertThat(sources.apply(true)).isFalse();
        assertThat(problem()).contains("see the address of the node", "xt_socket");
        assertThat(routes.deliveries()).isEmpty();
        host.tools(FAMILY).refuse(_ -> false);
        assertThat(sources.apply(true)).isTrue();
        assertThat(sources.problems(NODE)).isEmpty();
        assertThat(routes.deliveries()).hasSize(1);
    }

    @Test
    void validationByMarkIsNamedWithItsParameter() throws KernelException {
        host.sysctl().with("net/ipv4/conf/all/src_valid_mark", "1");
        assertThat(sources.apply(true)).isFalse();
        assertThat(problem()).contains("net.ipv4.conf.all.src_valid_mark is 1", "set it to 0");
    }

    @Test
    void aForeignRuleThatOverwritesEveryMarkIsNamed() throws KernelException {
        assertThat(sources.apply(true)).isTrue();
        host.tools(FAMILY).byOthers("*mangle\n-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n");
        assertThat(sources.apply(true)).isFalse();
        assertThat(problem()).contains("-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff", "its own bits only");
        assertThat(host.tools(FAMILY).rules("mangle", "PREROUTING"))
                .as("only the foreign one is left")
                .hasSize(1);
        int restores = host.tools(FAMILY).restores();
        assertThat(sources.apply(true)).isFalse();
        assertThat(host.tools(FAMILY).restores()).as("nothing is written again").isEqualTo(restores);
        host.tools(FAMILY).byOthers("*mangle\n-D PREROUTING -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n");
        assertThat(sources.apply(true)).isTrue();
    }

    @Test
    void aForeignRuleThatOverwritesSomeMarksIsADoubtOnly() throws KernelException {
        host.tools(FAMILY)
                .byOthers("*mangle\n-A PREROUTING -s 192.0.2.1/32 -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n");
        assertThat(sources.apply(true)).isTrue();
        assertThat(problem()).contains("-s 192.0.2.1/32", "the packets that it matches");
    }

    @Test
    void aRemovedRoutingRuleIsAddedAgainWithinTenSeconds() throws KernelException {
        assertThat(sources.nextCheck()).isEmpty();
        assertThat(sources.apply(true)).isTrue();
        var delivery = routes.deliveries().iterator().next();
        assertThat(routes.remove(delivery)).isTrue();
        assertThat(sources.nextCheck()).contains(Duration.ofSeconds(10));
        assertThat(sources.isDue()).isFalse();
        now += Duration.ofSeconds(10).toNanos();
        assertThat(sources.isDue()).isTrue();
        assertThat(sources.apply(true)).isTrue();
        assertThat(routes.deliveries()).containsExactly(delivery);
        assertThat(sources.nextCheck()).contains(Duration.ofSeconds(10));
    }

    @Test
    void rulesThatNobodyHasChangedAreNotReadAgain() throws KernelException {
        FakeIptables tools = host.tools(FAMILY);
        tools.byOthers("*mangle\n-A PREROUTING -s 192.0.2.1/32 -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n");
        assertThat(sources.apply(true)).isTrue();
        assertThat(sources.apply(true)).as("our own restore has changed them").isTrue();
        int saves = tools.saves();
        assertThat(sources.apply(true)).isTrue();
        assertThat(tools.saves()).isEqualTo(saves);
        assertThat(problem()).as("is known still").contains("-s 192.0.2.1/32");
        tools.flush("mangle");
        assertThat(sources.apply(true)).isTrue();
        assertThat(tools.saves()).isEqualTo(saves + 1);
        assertThat(tools.rules("mangle", "PREROUTING")).as("ours are back").isNotEmpty();
        assertThat(sources.problems(NODE)).isEmpty();
    }

    @Test
    void rulesOfTheLegacyVariantAreReadEachTime() throws KernelException {
        FakeIptables tools = new FakeIptables(FAMILY, Iptables.Variant.LEGACY);
        ClientSources legacy =
                new ClientSources(FAMILY, engine, tools, routes, host.openLinks(), host.sysctl(), () -> now);
        assertThat(legacy.apply(true)).isTrue();
        tools.flush("mangle");
        assertThat(legacy.apply(true)).isTrue();
        assertThat(tools.rules("mangle", "PREROUTING")).isNotEmpty();
    }

    @Test
    void withoutTheRequestNothingIsLookedAt() throws KernelException {
        host.sysctl().with("net/ipv4/conf/all/src_valid_mark", "1");
        assertThat(sources.apply(false)).isFalse();
        assertThat(sources.problems(NODE)).isEmpty();
        assertThat(sources.nextCheck()).isEmpty();
    }

    @Test
    void answersThatAreForwardedAreNotTakenForThoseOfTheProxy() {
        host.sysctl().with(EARLY_DEMUX, "1");
        sources.prepare();
        assertThat(host.sysctl().written()).containsEntry(EARLY_DEMUX, "0");
    }

    @Test
    void aParameterThatCannotBeSetIsNoReasonNotToServe() {
        sources.prepare();
        host.sysctl().with(EARLY_DEMUX, "1").readOnly(EARLY_DEMUX);
        sources.prepare();
        assertThat(host.sysctl().written()).isEmpty();
    }
}
