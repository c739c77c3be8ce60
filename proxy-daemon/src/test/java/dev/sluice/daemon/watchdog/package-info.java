@NullMarked
package dev.sluice.daemon.watchdog;

import org.jspecify.annotations.NullMarked;
