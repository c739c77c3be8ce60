// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.iptables.sync.RestoreUnit.DispatchRule;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Restoring;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a full sync in as few restores as possible, one after the other: each takes a process, and its commit waits
 * for the kernel's readers. While one runs, the input of the next is rendered.
 *
 * <p>Finds nothing out about a refusal: it is thrown, and what was written until then stays.
 */
final class RestoreQueue implements AutoCloseable {
    private final Iptables iptables;
    private final BatchWriter writer;
    private final Set<String> created = new HashSet<>();
    private final Set<String> creating = new HashSet<>();
    private RestoreScript script = new RestoreScript();
    private @Nullable Running running;

    private record Running(Restoring restore, String text, int lines) {}

    /** @param writer counts what is written */
    RestoreQueue(Iptables iptables, BatchWriter writer) {
        this.iptables = iptables;
        this.writer = writer;
    }

    /** The script to add rules of shared chains to, after all that was added before. */
    RestoreScript script() {
        return script;
    }

    /** Adds {@code units} after all that was added before. */
    void add(String table, List<? extends RestoreUnit> units) throws RestoreException {
        for (RestoreUnit unit : units) {
            if (script.lines() >= writer.linesPerRestore()) {
                begin();
            }
            unit.writeTo(script.table(table), created);
            if (unit instanceof DispatchRule rule) {
                creating.add(rule.chain());
            }
        }
    }

    /** Waits until all that was added is written. */
    void finish() throws RestoreException {
        begin();
        await();
    }

    private void begin() throws RestoreException {
        if (!script.isEmpty()) {
            String text = script.text();
            await();
            running = new Running(iptables.begin(text), text, script.lines());
        }
        script = new RestoreScript();
        created.addAll(creating);
        creating.clear();
    }

    private void await() throws RestoreException {
        Running last = running;
        if (last != null) {
            running = null;
            last.restore.await();
            writer.count(last.text, last.lines);
        }
    }

    /** Leaves nothing running, whatever was thrown. */
    @Override
    public void close() throws RestoreException {
        await();
    }
}
