/** Metrics under kube-proxy's names. */
@NullMarked
package dev.sluice.daemon.metrics;

import org.jspecify.annotations.NullMarked;
