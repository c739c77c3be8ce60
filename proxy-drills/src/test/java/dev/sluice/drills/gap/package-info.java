@NullMarked
package dev.sluice.drills.gap;

import org.jspecify.annotations.NullMarked;
