// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.bench.Samples;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.model.ManyServices;
import java.util.ArrayList;
import java.util.List;

/**
 * Times what the kernel takes for the transactions of a change, apart from the daemon: another socket gives it the same
 * kind of elements, in the daemon's table and among all its Services, so often that this JVM's code is compiled. The
 * daemon must be gone, which would repair the table.
 */
final class KernelClock {
    private static final Table TABLE = new Table(IpFamily.IPV4, "sluice");
    private static final NftSet SLOTS = NftSet.map(
            "slots", List.of(DataType.MARK, DataType.MARK), List.of(DataType.IPV4_ADDR, DataType.INET_SERVICE));
    private static final int TIMES = 300;
    private static final int HUNDRED = 100;

    private final Lab lab;

    KernelClock(Lab lab) {
        this.lab = lab;
    }

    /** The median in milliseconds. */
    double millis(TableChange change) {
        return lab.node().call(() -> {
            try (NetlinkNftables nftables = NetlinkNftables.open()) {
                List<SetElement> slots = nftables.elements(TABLE, SLOTS).orElseThrow();
                return switch (change) {
                    case ENDPOINT -> replaced(nftables, slots.subList(0, 1));
                    case HUNDRED -> replaced(nftables, slots.subList(0, HUNDRED));
                    case SERVICE -> added(nftables);
                };
            } catch (KernelException e) {
                throw new LabException("cannot change the daemon's table: " + e.getMessage());
            }
        });
    }

    private static double replaced(NetlinkNftables nftables, List<SetElement> slots) throws KernelException {
        List<NftCommand> commands = List.of(
                new NftCommand.DeleteElements(TABLE, SLOTS.name(), keys(slots)),
                new NftCommand.AddElements(TABLE, SLOTS.name(), slots));
        Samples samples = new Samples();
        for (int i = 0; i < TIMES; i++) {
            samples.add(commit(nftables, commands));
        }
        return samples.micros(50) / 1e3;
    }

    private static List<SetElement> keys(List<SetElement> elements) {
        return elements.stream().map(element -> SetElement.of(element.key())).toList();
    }

    /** The elements of a Service at the address that {@link ManyServices#oneMore} has, of a pool that none has. */
    private static double added(NetlinkNftables nftables) throws KernelException {
        int pool = 0x80000000 | (1 << 18) - 1 << 13;
        IpAddress address = IpAddress.of("10.111.255.250");
        List<NftCommand> add = new ArrayList<>();
        List<NftCommand> delete = new ArrayList<>();
        put(add, delete, "pools", SetElement.of(Words.number(pool)).withComment("bench/coming:http/tcp cluster"));
        for (int slot = 0; slot < ManyServices.ENDPOINTS; slot++) {
            Words key = new Words.Builder().number(pool).number(slot).build();
            Words target = new Words.Builder().address(address).port(8080).build();
            put(add, delete, SLOTS.name(), SetElement.of(key, target));
        }
        Words.Builder portal =
                new Words.Builder().address(address).protocol(Protocol.TCP).port(ManyServices.PORT);
        put(
                add,
                delete,
                "cluster-ips",
                SetElement.of(new Words.Builder().address(address).build()));
        put(
                add,
                delete,
                "service-ips",
                SetElement.of(portal.build(), Words.number(pool)).withComment("bench/coming:http/tcp"));
        Samples samples = new Samples();
        for (int i = 0; i < TIMES; i++) {
            samples.add(commit(nftables, add));
            commit(nftables, delete);
        }
        return samples.micros(50) / 1e3;
    }

    private static void put(List<NftCommand> add, List<NftCommand> delete, String set, SetElement element) {
        add.add(new NftCommand.AddElements(TABLE, set, List.of(element)));
        delete.add(new NftCommand.DeleteElements(TABLE, set, keys(List.of(element))));
    }

    private static long commit(NetlinkNftables nftables, List<NftCommand> commands) throws KernelException {
        long start = System.nanoTime();
        nftables.commit(commands);
        return System.nanoTime() - start;
    }
}
