// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A watch of rules that reports the changes a test makes, where it is interested in them. */
final class FakeWatch implements ForeignWatch.Opener, ForeignWatch {
    private final Predicate<ForeignChange> interest;
    private final List<FakeWatch> open;
    private Consumer<ForeignChange> noticed = change -> {};

    /** @param open those that notice something */
    FakeWatch(Predicate<ForeignChange> interest, List<FakeWatch> open) {
        this.interest = interest;
        this.open = open;
    }

    @Override
    public ForeignWatch open(Consumer<ForeignChange> listener) {
        noticed = listener;
        open.add(this);
        return this;
    }

    /** Returns whether it was interested. */
    boolean notice(ForeignChange change) {
        boolean interested = interest.test(change);
        if (interested) {
            noticed.accept(change);
        }
        return interested;
    }

    @Override
    public String means() {
        return "a test";
    }

    @Override
    public void close() {
        open.remove(this);
    }
}
