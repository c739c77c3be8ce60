@NullMarked
package dev.sluice.daemon.leftovers;

import org.jspecify.annotations.NullMarked;
