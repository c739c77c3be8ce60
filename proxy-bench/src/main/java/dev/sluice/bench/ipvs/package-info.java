/** The benchmark of ipvs mode with many Services, beside ipvsadm, ipset and ip with the same content. */
@NullMarked
package dev.sluice.bench.ipvs;

import org.jspecify.annotations.NullMarked;
