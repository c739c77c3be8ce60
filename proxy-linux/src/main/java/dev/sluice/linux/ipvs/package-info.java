/** Reads and changes IPVS virtual and real servers over generic netlink; knows no Services. */
@NullMarked
package dev.sluice.linux.ipvs;

import org.jspecify.annotations.NullMarked;
