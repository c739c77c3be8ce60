package dev.sluice.core.track;

import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.Optional;

/**
 * What one EndpointSlice says.
 *
 * @param slice empty when nothing of it can be used
 */
record ParsedSlice(Optional<Slice> slice, List<Problem> problems) {}
