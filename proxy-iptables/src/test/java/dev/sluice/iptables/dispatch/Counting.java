// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

/** Counts notifications. */
final class Counting implements ChainObserver {
    int calls;

    @Override
    public void chainCreated(String chain) {
        calls++;
    }

    @Override
    public void chainDeleted(String chain) {
        calls++;
    }

    @Override
    public void ruleAdded(String chain, String spec) {
        calls++;
    }

    @Override
    public void ruleRemoved(String chain, String spec) {
        calls++;
    }
}
