@NullMarked
package dev.sluice.daemon.explain;

import org.jspecify.annotations.NullMarked;
