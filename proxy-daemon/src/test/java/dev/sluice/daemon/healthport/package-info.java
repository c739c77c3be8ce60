@NullMarked
package dev.sluice.daemon.healthport;

import org.jspecify.annotations.NullMarked;
