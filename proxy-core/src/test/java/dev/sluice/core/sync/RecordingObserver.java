// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.util.ArrayList;
import java.util.List;

/** An observer that records its notifications. */
final class RecordingObserver implements SyncObserver {
    final List<String> heard = new ArrayList<>();
    final List<Success> successes = new ArrayList<>();
    final List<Failure> failures = new ArrayList<>();
    final List<Throwable> defects = new ArrayList<>();
    List<Problem> problems = List.of();

    @Override
    public void started(IpFamily family) {
        heard.add("started " + family);
    }

    @Override
    public void serviceEvent(IpFamily family, int pending) {
        heard.add("service " + family + " " + pending);
    }

    @Override
    public void endpointSliceEvent(IpFamily family, boolean changed) {
        heard.add("slice " + family + " " + changed);
    }

    @Override
    public void nodeEvent(NodeObject node) {
        heard.add("node " + node.name());
    }

    @Override
    public void queued(IpFamily family) {
        heard.add("queued " + family);
    }

    @Override
    public void begun(IpFamily family, boolean full) {
        heard.add("begun " + family + (full ? " full" : " partial"));
    }

    @Override
    public void succeeded(Success success) {
        heard.add("succeeded " + success.family());
        successes.add(success);
    }

    @Override
    public void unchanged(IpFamily family) {
        heard.add("unchanged " + family);
    }

    @Override
    public void failed(Failure failure) {
        heard.add("failed " + failure.family());
        failures.add(failure);
    }

    @Override
    public void problems(List<Problem> now) {
        problems = now;
    }

    @Override
    public void defect(Throwable cause) {
        defects.add(cause);
    }
}
