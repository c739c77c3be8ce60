// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

/** Receives the events of a source, one at a time, from threads of the source's own. */
@FunctionalInterface
public interface ClusterListener {

    void accept(ClusterEvent event);
}
