// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftRequests;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftState;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.PackedElements;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.testkit.fake.NftTransaction.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * nf_tables in memory. A transaction is all or nothing, and it is refused for what the kernel refuses (net/netfilter of
 * 6.18): objects that are missing, of another type or still used, elements with another value or of another length,
 * overlapping ranges, full sets, jumps in circles, translation in chains that cannot translate. It counts messages and
 * bytes as they would be sent. No time passes in it.
 */
public final class FakeNftables implements Nftables {
    private final Map<Table, FakeNftTable> tables = new HashMap<>();
    private final NftRequests requests = new NftRequests();
    private final List<List<NftCommand>> commits = new ArrayList<>();
    /** By name of table. */
    private final Map<String, List<FakeWatch>> watches = new HashMap<>();

    private Predicate<NftCommand> extraRefusal = command -> false;
    private Predicate<SetElement> refusedElement = element -> false;
    private @Nullable NetlinkException broken;
    private long reads;

    /** Makes transactions with a command that {@code refused} accepts fail with ENOMEM. */
    public void refuse(Predicate<NftCommand> refused) {
        extraRefusal = refused;
    }

    /** Makes transactions that add an element which {@code refused} accepts fail with EINVAL, which names it. */
    public void refuseElements(Predicate<SetElement> refused) {
        refusedElement = refused;
    }

    /** Makes every call fail, as a broken socket does; null repairs it. */
    public void breakWith(@Nullable NetlinkException error) {
        broken = error;
    }

    private void checkSocket() throws NetlinkException {
        if (broken != null) {
            throw broken;
        }
    }

    /** The transactions since the last {@link #resetCounters}, refused ones included. */
    public List<List<NftCommand>> commits() {
        return List.copyOf(commits);
    }

    /** The number of listings since the last {@link #resetCounters}. */
    public long reads() {
        return reads;
    }

    public void resetCounters() {
        commits.clear();
        reads = 0;
    }

    /** The tables that there are. */
    public Set<Table> tables() {
        return Set.copyOf(tables.keySet());
    }

    /** The content of a table, without counting a call; empty when it is not there. */
    public Optional<NftState> state(Table table) {
        return Optional.ofNullable(tables.get(table));
    }

    /** The names of a table's chains, without counting a call; none when it is not there. */
    public Set<String> chainNames(Table table) {
        FakeNftTable in = tables.get(table);
        return in == null ? Set.of() : Set.copyOf(in.chains().keySet());
    }

    /** The names of a table's sets, without counting a call; none when it is not there. */
    public Set<String> setNames(Table table) {
        FakeNftTable in = tables.get(table);
        return in == null ? Set.of() : Set.copyOf(in.sets().keySet());
    }

    /** The elements of a set, without counting a call; none when it is not there. */
    public List<SetElement> content(Table table, String set) {
        FakeNftTable in = tables.get(table);
        NftElements elements = in == null ? null : in.sets().get(set);
        return elements == null ? List.of() : List.copyOf(elements.all());
    }

    /** A watch of what {@link #byOthers} changes in tables of that name, as a {@link NftTableWatch}. */
    public ForeignWatch.Opener watch(String table) {
        return new FakeWatch(change -> true, watches.computeIfAbsent(table, _ -> new CopyOnWriteArrayList<>()));
    }

    /** Commits as another program would: not counted, and noticed by watches. */
    public void byOthers(List<NftCommand> commands) {
        try {
            carryOut(commands);
        } catch (RefusedCommand e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        Map<Table, Set<KernelObject>> changed = new HashMap<>();
        Set<Table> everything = new HashSet<>();
        for (NftCommand command : commands) {
            Optional<KernelObject> object = FakeNftTable.changedBy(command);
            if (object.isEmpty()) {
                everything.add(command.table());
            }
            Set<KernelObject> objects = changed.computeIfAbsent(command.table(), _ -> new HashSet<>());
            object.ifPresent(objects::add);
        }
        changed.forEach((table, objects) -> {
            ForeignChange change =
                    new ForeignChange(table.family(), "nft (pid 1)", everything.contains(table), objects);
            watches.getOrDefault(table.name(), List.of()).forEach(watch -> watch.notice(change));
        });
    }

    @Override
    public Committed commit(List<NftCommand> commands) throws NetlinkException {
        checkSocket();
        if (commands.isEmpty()) {
            return new Committed(0, 0);
        }
        commits.add(List.copyOf(commands));
        for (NftCommand command : commands) {
            if (extraRefusal.test(command)) {
                throw refused(new Refusal(command, null, Errno.ENOMEM));
            }
            if (command instanceof NftCommand.AddElements add) {
                for (SetElement element : add.elements()) {
                    if (refusedElement.test(element)) {
                        throw refused(new Refusal(command, element, Errno.EINVAL));
                    }
                }
            }
        }
        carryOut(commands);
        int messages = 2;
        long bytes = 2 * 20L;
        for (NftCommand command : commands) {
            for (var message : requests.of(command)) {
                messages++;
                bytes += message.encode(0, 0).length;
            }
        }
        return new Committed(messages, bytes);
    }

    /** As the kernel does: what leads where is checked at the end, and if that fails, again after each command. */
    private void carryOut(List<NftCommand> commands) throws RefusedCommand {
        NftTransaction transaction = new NftTransaction(tables, false);
        try {
            transaction.run(commands);
        } catch (Refusal refusal) {
            if (!transaction.isComplete()) {
                throw refused(refusal);
            }
            carryOutOneByOne(commands);
        }
    }

    private void carryOutOneByOne(List<NftCommand> commands) throws RefusedCommand {
        try {
            new NftTransaction(tables, true).run(commands);
        } catch (Refusal refusal) {
            throw refused(refusal);
        }
    }

    private static RefusedCommand refused(Refusal refusal) {
        return new RefusedCommand(
                refusal.command(),
                refusal.element(),
                new NetlinkException(refusal.command().toString(), refusal.errno(), ""));
    }

    @Override
    public boolean exists(Table table) throws NetlinkException {
        checkSocket();
        return tables.containsKey(table);
    }

    private Optional<FakeNftTable> read(Table table) throws NetlinkException {
        checkSocket();
        reads++;
        return Optional.ofNullable(tables.get(table));
    }

    @Override
    public List<ListedChain> listChains(Table table) throws NetlinkException {
        return read(table).stream()
                .flatMap(in -> in.chains().values().stream())
                .map(chain -> new ListedChain(chain.chain(), false))
                .toList();
    }

    @Override
    public List<ListedRule> listRules(Table table) throws NetlinkException {
        return read(table).stream()
                .flatMap(in -> in.chains().values().stream())
                .flatMap(chain -> chain.rules().stream())
                .toList();
    }

    @Override
    public List<SetHeader> sets(Table table) throws NetlinkException {
        return read(table).stream()
                .flatMap(in -> in.sets().values().stream())
                .map(elements -> SetHeader.of(elements.set()))
                .toList();
    }

    @Override
    public Optional<PackedElements> packedElements(Table table, NftSet set) throws NetlinkException {
        return read(table)
                .map(in -> in.sets().get(set.name()))
                .map(elements -> PackedElements.of(elements.all().stream()
                        .map(element -> withTimeLeft(elements.set(), element))
                        .toList()));
    }

    private static SetElement withTimeLeft(NftSet set, SetElement element) {
        Duration left = element.timeout() == null && set.timeout().isPositive() ? set.timeout() : element.timeout();
        return new SetElement(element.key(), element.end(), element.value(), left, element.comment(), element.limit());
    }

    @Override
    public void close() {}
}
