/** Connection tracking follows the endpoints: flows that lead nowhere are forgotten. */
@NullMarked
package dev.sluice.daemon.flows;

import org.jspecify.annotations.NullMarked;
