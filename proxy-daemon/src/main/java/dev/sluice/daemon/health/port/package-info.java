/** The health check node ports of Services: which ports, what they answer, and the small HTTP server behind them all. */
@NullMarked
package dev.sluice.daemon.health.port;

import org.jspecify.annotations.NullMarked;
