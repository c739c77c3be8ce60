@NullMarked
package dev.sluice.daemon.start;

import org.jspecify.annotations.NullMarked;
