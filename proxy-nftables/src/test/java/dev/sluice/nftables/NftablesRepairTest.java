// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.NftCommand.AddRule;
import dev.sluice.linux.nftables.NftCommand.DeleteElements;
import dev.sluice.linux.nftables.NftCommand.FlushChain;
import dev.sluice.linux.nftables.NftCommand.FlushSet;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What others change in the table is repaired by reading what they have touched, and no more. */
class NftablesRepairTest {
    private static final int PORTS = 30;

    private static NftablesOnHost filled(IpFamily family) throws SyncException {
        Random chance = new Random(7);
        SamplePorts ports = new SamplePorts(family);
        NftablesOnHost node = new NftablesOnHost(family);
        for (int number = 0; number < PORTS; number++) {
            node.snapshot.put(ports.any(number, chance));
        }
        node.fullSync();
        return node;
    }

    private static SetElement anyOf(NftablesOnHost node, String set) {
        SetElement element = node.nftables.content(node.table, set).getFirst();
        return new SetElement(element.key(), element.end(), null, null, "");
    }

    private static KernelObject set(String name) {
        return new KernelObject("set", name);
    }

    private static KernelObject chain(String name) {
        return new KernelObject("chain", name);
    }

    @ParameterizedTest
    @EnumSource
    void elements(IpFamily family) throws SyncException {
        try (NftablesOnHost node = filled(family)) {
            List<String> before = node.dump();
            SyncReport report = node.repairAfter(
                    new DeleteElements(node.table, "slots", List.of(anyOf(node, "slots"))),
                    new FlushSet(node.table, "service-ips"),
                    new AddElements(node.table, "pools", List.of(SetElement.of(Words.number(1)))));

            assertThat(report.full()).isFalse();
            assertThat(report.repaired())
                    .containsOnlyKeys(set("slots"), set("service-ips"), set("pools"))
                    .containsEntry(set("slots"), 1)
                    .containsEntry(set("pools"), 1);
            assertThat(node.nftables.reads())
                    .as("chains, rules, sets, and the elements of three sets")
                    .isEqualTo(6);
            assertThat(node.dump()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void rulesAndChains(IpFamily family) throws SyncException {
        NftRule drops = new NftRule("services", List.of(Immediate.verdict(Verdict.DROP)), "");
        try (NftablesOnHost node = filled(family)) {
            List<String> before = node.dump();
            SyncReport report = node.repairAfter(
                    new AddRule(node.table, drops),
                    new FlushChain(node.table, "balance"),
                    new NftCommand.AddChain(node.table, NftChain.regular("theirs")));

            assertThat(report.repaired()).containsOnlyKeys(chain("services"), chain("balance"), chain("theirs"));
            assertThat(report.repaired()).containsEntry(chain("services"), 1);
            assertThat(node.nftables.reads()).as("no elements").isEqualTo(3);
            assertThat(node.dump()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void setsThatAreGoneOrOfAnotherType(IpFamily family) throws SyncException {
        NftSet other = NftSet.set("slots", List.of(DataType.MARK));
        NftSet theirs = NftSet.set("theirs", List.of(DataType.MARK));
        try (NftablesOnHost node = filled(family)) {
            List<String> before = node.dump();
            NftCommand[] commands = node.nftables.chainNames(node.table).stream()
                    .filter(name -> name.startsWith("choose-"))
                    .map(name -> new FlushChain(node.table, name))
                    .toArray(NftCommand[]::new);
            node.nftables.byOthers(List.of(commands));
            SyncReport report = node.repairAfter(
                    new NftCommand.DeleteSet(node.table, "slots"),
                    new NftCommand.AddSet(node.table, other),
                    new NftCommand.AddSet(node.table, theirs));

            assertThat(report.repaired()).containsKeys(set("slots"), set("theirs"));
            assertThat(node.dump()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theWholeTable(IpFamily family) throws SyncException {
        try (NftablesOnHost node = filled(family)) {
            List<String> before = node.dump();
            SyncReport report = node.repairAfter(new NftCommand.DeleteTable(node.table));

            assertThat(report.full()).isTrue();
            assertThat(report.repaired()).containsKeys(set("slots"), chain("services"));
            assertThat(node.dump()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsWrittenWhereNothingDiffers(IpFamily family) throws SyncException {
        try (NftablesOnHost node = filled(family)) {
            node.nftables.resetCounters();
            SyncReport report =
                    node.backend().repair(node.snapshot, Suspects.of(Set.of(set("slots"), chain("services"))));

            assertThat(report.cost()).isEqualTo(KernelCost.NONE);
            assertThat(report.repaired()).isEqualTo(Map.of());
            assertThat(node.nftables.commits()).isEmpty();
        }
    }

    /** What the watch named is only a part of what is wrong: the kernel refuses it, and everything is compared. */
    @ParameterizedTest
    @EnumSource
    void moreThanWasNoticed(IpFamily family) throws SyncException {
        try (NftablesOnHost node = filled(family)) {
            List<String> before = NamedNumbers.in(node.dump());
            node.nftables.refuse(command -> command instanceof AddElements && node.nftables.reads() < 5);
            SyncReport report = node.repairAfter(new FlushSet(node.table, "slots"));

            assertThat(report.full()).isTrue();
            assertThat(NamedNumbers.in(node.dump())).isEqualTo(before);
        }
    }
}
