// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Decides which conntrack entries are stale: those that lead where nothing answers for their Service any more. The
 * kernel asks the rules for the first packet of a connection only; deleting such an entry makes it ask again. Reads no
 * entry itself.
 */
@NullMarked
package dev.sluice.core.conntrack;

import org.jspecify.annotations.NullMarked;
