@NullMarked
package dev.sluice.daemon.health.port;

import org.jspecify.annotations.NullMarked;
