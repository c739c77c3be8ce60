// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.Optional;

/**
 * A parsed EndpointSlice.
 *
 * @param slice empty when it is unusable
 */
record ParsedSlice(Optional<Slice> slice, List<Problem> problems) {}
