// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.RestoreInput;
import dev.sluice.linux.rulewatch.OwnRestores.Restore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the legacy tables, since x_tables sends no notifications: ten times a second the number and size of their
 * rules, which takes microseconds, and the rules themselves when these differ, or from time to time.
 */
final class LegacyRuleWatch implements RuleWatch, OwnRestores.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(LegacyRuleWatch.class);
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");
    private static final long PERIOD_MILLIS = 100;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final OwnRestores own;
    private final Consumer<ForeignChange> noticed;
    private final List<XtablesSocket> sockets = new ArrayList<>();
    private final List<LegacyTable> tables = new ArrayList<>();
    private final Map<Long, RestoreInput> running = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = SupervisedThread.restarting("rule-watch", this::watch);
    private boolean reported;
    private @Nullable NatAnchor anchor;

    private LegacyRuleWatch(OwnRestores own, Consumer<ForeignChange> noticed) {
        this.own = own;
        this.noticed = noticed;
    }

    static LegacyRuleWatch open(OwnRestores own, Interest interest, Consumer<ForeignChange> noticed)
            throws KernelException {
        LegacyRuleWatch watch = new LegacyRuleWatch(own, noticed);
        try {
            for (IpFamily family : IpFamily.values()) {
                watch.open(family, interest);
            }
            own.follow(watch);
            for (LegacyTable table : watch.tables) {
                table.look(System.nanoTime());
            }
        } catch (NetlinkException e) {
            own.unfollow(watch);
            watch.sockets.forEach(XtablesSocket::close);
            throw e;
        }
        watch.anchor = NatAnchor.tryOpen();
        watch.thread.start();
        return watch;
    }

    private void open(IpFamily family, Interest interest) throws NetlinkException {
        List<String> used = TABLES.stream()
                .filter(table -> interest.watches(family, new KernelObject(table, "OUTPUT")))
                .toList();
        if (!used.isEmpty()) {
            XtablesSocket socket = XtablesSocket.open(family);
            sockets.add(socket);
            XtablesSocket ownersSocket = XtablesSocket.open(family);
            sockets.add(ownersSocket);
            used.forEach(table -> tables.add(new LegacyTable(socket, ownersSocket, family, table, interest)));
        }
    }

    @Override
    public String means() {
        return "polling of the legacy tables ten times a second";
    }

    private void watch() throws InterruptedException {
        while (!closing.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
            try (Progress _ = Progress.begin(Progress.Need.USEFUL, "a look at the legacy tables", LIMIT)) {
                tables.forEach(this::look);
            }
        }
    }

    private void look(LegacyTable table) {
        try {
            table.look(System.nanoTime()).ifPresent(noticed);
            reported = false;
        } catch (NetlinkException | RuntimeException e) {
            if (!reported) {
                LOG.atWarn()
                        .addKeyValue("family", table.family())
                        .addKeyValue("table", table.name())
                        .addKeyValue("cause", e.toString())
                        .log("Foreign changes are not noticed for now");
            }
            reported = true;
        }
    }

    @Override
    public void begins(Restore restore) {
        RestoreInput input = RestoreInput.parse(restore.input());
        running.put(restore.pid(), input);
        tables.stream().filter(table -> isWritten(table, restore, input)).forEach(LegacyTable::restoreBegins);
    }

    @Override
    public void ended(Restore restore) {
        RestoreInput input = running.remove(restore.pid());
        if (input != null) {
            tables.stream()
                    .filter(table -> isWritten(table, restore, input))
                    .forEach(table -> table.restoreEnded(
                            input.tables().getOrDefault(table.name(), Map.of()).keySet()));
        }
    }

    private static boolean isWritten(LegacyTable table, Restore restore, RestoreInput input) {
        return table.family() == restore.family() && input.tables().containsKey(table.name());
    }

    @Override
    public void close() {
        own.unfollow(this);
        closing.countDown();
        if (Thread.currentThread() != thread) {
            thread.interrupt(); // it may pause after a failure
        }
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        sockets.forEach(XtablesSocket::close);
        if (anchor != null) {
            anchor.close();
        }
    }
}
