@NullMarked
package dev.sluice.daemon.metrics;

import org.jspecify.annotations.NullMarked;
