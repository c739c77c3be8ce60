/** WHAT, as IPVS virtual servers and real servers. */
@NullMarked
package dev.sluice.ipvs;

import org.jspecify.annotations.NullMarked;
