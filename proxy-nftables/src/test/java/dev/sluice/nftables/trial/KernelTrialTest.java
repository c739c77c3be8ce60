// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.trial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.UpdateSet;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.testkit.fake.FakeNftables;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelTrialTest {

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static KernelTrial trial(FakeNftables kernel, IpFamily family) {
        return new KernelTrial(kernel, new TableLayout(NftablesConfig.defaults(family)));
    }

    private static FakeNftables without(Predicate<Expression> lacking) {
        FakeNftables kernel = new FakeNftables();
        kernel.refuse(command -> command instanceof NftCommand.AddRule(var _, var rule)
                && rule.expressions().stream().anyMatch(lacking));
        return kernel;
    }

    @ParameterizedTest
    @EnumSource
    void aKernelWithEverythingHasNoProblemAndNoTable(IpFamily family) {
        FakeNftables kernel = new FakeNftables();

        assertThat(trial(kernel, family).problem()).isEmpty();
        assertThat(kernel.tables()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsLackingIsNamedWithTheVersionThatHasIt(IpFamily family) {
        assertThat(trial(without(FibLookup.class::isInstance), family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("'fib'", "4.10", "nft_fib"));
        assertThat(trial(without(RandomNumber.class::isInstance), family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("'numgen'", "4.9"));
        assertThat(trial(without(MasqueradeSource.class::isInstance), family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("masquerade", "nft_masq"));
        Predicate<Expression> deletes = expression -> expression instanceof UpdateSet update && update.deletes();
        assertThat(trial(without(deletes), family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("'delete @map'", "5.4"));
        FakeNftables flat = new FakeNftables();
        flat.refuse(command -> command instanceof NftCommand.AddSet(var _, var set)
                && set.flags().contains(NftSet.Flag.INTERVAL));
        assertThat(trial(flat, family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("ranges in several fields", "5.6"));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotPermittedIsSaid(IpFamily family) {
        FakeNftables kernel = new FakeNftables();
        kernel.breakWith(new NetlinkException("a transaction", Errno.EPERM, ""));
        assertThat(trial(kernel, family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("CAP_NET_ADMIN"));
        kernel.breakWith(new NetlinkException("a transaction", Errno.EINVAL, ""));
        assertThat(trial(kernel, family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("no nf_tables"));
        kernel.breakWith(new NetlinkException("a transaction", Errno.ENOMEM, ""));
        assertThat(trial(kernel, family).problem())
                .hasValueSatisfying(text -> assertThat(text).contains("no memory"));
    }

    @Tag("slow")
    @EnabledIf("isRoot")
    @ParameterizedTest
    @EnumSource
    void thisKernelTakesEverything(IpFamily family) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("trial");
                NetlinkNftables nftables = namespace.call(NetlinkNftables::open)) {
            TableLayout layout = new TableLayout(NftablesConfig.defaults(family));
            assertThat(new KernelTrial(nftables, layout).problem()).isEmpty();
            assertThat(nftables.chains(new NftCommand.Table(family, "sluice-trial")))
                    .isEqualTo(List.of());
        }
    }
}
