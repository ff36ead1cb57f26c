/** The landmarks of the generic head that its pose is read from, and its eyes, turned by these angles and seen from far away. */
export function landmarksAt(yawDegrees: number, pitchDegrees: number, rollDegrees: number) {
  const [yaw, pitch, roll] = [yawDegrees, pitchDegrees, rollDegrees].map((angle) => (angle * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const head: Readonly<Record<number, readonly [number, number, number]>> = {
    30: [0, 0, 0],
    8: [0, 330, -65],
    36: [-225, -170, -135],
    45: [225, -170, -135],
    48: [-150, 150, -125],
    54: [150, 150, -125],
    ...Object.fromEntries([37, 38, 40, 41].map((index) => [index, [-150, -170, -130]])),
    ...Object.fromEntries([43, 44, 46, 47].map((index) => [index, [150, -170, -130]])),
  };
  return Array.from({ length: 68 }, (_, index) => {
    const [x, y, z] = head[index] ?? [0, 0, 0];
    const nodded = [x, y * Math.cos(pitch) - z * Math.sin(pitch), y * Math.sin(pitch) + z * Math.cos(pitch)] as const;
    const turned = [nodded[0] * Math.cos(yaw) + nodded[2] * Math.sin(yaw), nodded[1]] as const;
    return {
      x: 100 + 0.2 * (turned[0] * Math.cos(roll) - turned[1] * Math.sin(roll)),
      y: 100 + 0.2 * (turned[0] * Math.sin(roll) + turned[1] * Math.cos(roll)),
    };
  });
}
