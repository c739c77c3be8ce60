/** kube-proxy's behaviours as a numbered list, and what came of each in each mode. */
@NullMarked
package dev.sluice.conformance.matrix;

import org.jspecify.annotations.NullMarked;
