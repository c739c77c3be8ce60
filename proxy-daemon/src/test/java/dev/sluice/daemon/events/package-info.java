@NullMarked
package dev.sluice.daemon.events;

import org.jspecify.annotations.NullMarked;
