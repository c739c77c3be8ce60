@NullMarked
package dev.sluice.daemon.restart;

import org.jspecify.annotations.NullMarked;
