/** Connection tracking follows the endpoints: UDP flows that lead nowhere are forgotten. */
@NullMarked
package dev.sluice.daemon.flows;

import org.jspecify.annotations.NullMarked;
