@NullMarked
package dev.sluice.daemon.repair;

import org.jspecify.annotations.NullMarked;
