// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

/** Is notified of each change to the chains of a dispatch tree. */
interface ChainObserver {
    /** Ignores all changes: for trees that were never applied. */
    ChainObserver NONE = new ChainObserver() {
        @Override
        public void chainCreated(String chain) {}

        @Override
        public void chainDeleted(String chain) {}

        @Override
        public void ruleAdded(String chain, String spec) {}

        @Override
        public void ruleRemoved(String chain, String spec) {}
    };

    void chainCreated(String chain);

    void chainDeleted(String chain);

    void ruleAdded(String chain, String spec);

    void ruleRemoved(String chain, String spec);
}
